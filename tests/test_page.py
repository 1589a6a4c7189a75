"""The report in a browser: complete, offline, on a phone and in dark mode."""

import shutil

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="Chromium is not installed (package chromium in Debian)"
)


@pytest.fixture(scope="module")
def browser():
    api = pytest.importorskip("playwright.sync_api", reason="playwright drives the browser")
    with api.sync_playwright() as playwright:
        # Chromium has no sandbox for the root user, as in containers.
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page(browser, committed_report):
    """The page on the screen of a phone, without a network; errors are collected."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, offline=True)
    opened = context.new_page()
    opened.errors = []
    opened.on("console", lambda message: opened.errors.append(message.text))
    opened.on("pageerror", lambda error: opened.errors.append(str(error)))
    opened.on("requestfailed", lambda request: opened.errors.append(request.url))
    opened.goto((committed_report / "index.html").as_uri())
    yield opened
    context.close()


def test_each_figure_loads_without_errors(page, committed_report):
    page.eval_on_selector_all("img", "all => all.forEach(img => img.loading = 'eager')")
    page.wait_for_function("() => [...document.images].every(image => image.complete)")
    widths = page.eval_on_selector_all("img", "all => all.map(img => img.naturalWidth)")
    assert all(widths)
    assert page.errors == []
    assert len(widths) == len(list((committed_report / "figures").glob("*.svg")))


def test_each_link_leads_somewhere_and_anchors_are_unique(page, committed_report):
    links = page.eval_on_selector_all("a", "all => all.map(a => a.getAttribute('href'))")
    assert len(links) > page.locator("section").count()
    for link in links:
        if link.startswith("#"):
            assert page.locator(f"[id='{link[1:]}']").count() == 1, link
        else:
            assert (committed_report / link).is_file(), link
    ids = page.eval_on_selector_all("[id]", "all => all.map(each => each.id)")
    assert len(set(ids)) == len(ids)


def test_a_phone_needs_no_horizontal_scrolling(page):
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.eval_on_selector_all("details", "all => all.forEach(each => each.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_dark_mode_is_light_on_dark(page):
    def brightness():
        return page.evaluate(
            "() => ['color', 'backgroundColor'].map("
            "name => getComputedStyle(document.body)[name]"
            ".match(/\\d+/g).slice(0, 3).reduce((a, b) => a + Number(b), 0))"
        )

    page.emulate_media(color_scheme="light")
    ink, paper = brightness()
    assert ink < paper
    page.emulate_media(color_scheme="dark")
    ink, paper = brightness()
    assert ink > paper


def test_the_verdicts_come_first_and_the_source_is_named_before_them(page):
    first = page.locator("section").first
    verdicts = first.locator("tbody tr td:nth-child(2)")
    assert verdicts.count() >= 30
    assert verdicts.first.is_visible()
    text = page.locator("body").inner_text()
    heading = first.locator("h3").inner_text()
    assert text.index("deep-learning exercise on activation functions") < text.index(heading)
