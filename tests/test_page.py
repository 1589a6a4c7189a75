"""The report in a real browser: it loads whole, offline, on a phone and in the dark."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="there is no Chromium; Debian's package chromium has it"
)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The page of the committed documents."""
    folder = tmp_path_factory.mktemp("report")
    command = [sys.executable, "-m", "analysis", "--output", str(folder)]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)  # noqa: S603
    return folder


@pytest.fixture(scope="module")
def browser():
    api = pytest.importorskip("playwright.sync_api", reason="drives the browser")
    with api.sync_playwright() as playwright:
        # Root, as in containers, has no sandbox.
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page(browser, report):
    """Open the page on a telephone's screen, without a network; collect what goes wrong."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, offline=True)
    opened = context.new_page()
    opened.wrong = []
    opened.on("console", lambda message: opened.wrong.append(message.text))
    opened.on("pageerror", lambda error: opened.wrong.append(str(error)))
    opened.on("requestfailed", lambda request: opened.wrong.append(request.url))
    opened.goto((report / "index.html").as_uri())
    yield opened
    context.close()


def test_nothing_goes_wrong_and_every_figure_loads(page):
    page.eval_on_selector_all("img", "all => all.forEach(img => img.loading = 'eager')")
    page.wait_for_function("() => [...document.images].every(image => image.complete)")
    broken = page.eval_on_selector_all(
        "img", "all => all.filter(img => img.naturalWidth === 0).map(img => img.src)"
    )
    assert broken == []
    assert page.wrong == []
    assert page.locator("img").count() >= 15


def test_every_link_leads_somewhere(page, report):
    links = page.eval_on_selector_all("a", "all => all.map(a => a.getAttribute('href'))")
    assert len(links) >= 60
    for link in links:
        if link.startswith("#"):
            assert page.locator(f"[id='{link[1:]}']").count() == 1, link
        else:
            assert (report / link).is_file(), link
    ids = page.eval_on_selector_all("[id]", "all => all.map(each => each.id)")
    assert len(set(ids)) == len(ids)


def test_a_telephone_needs_no_sideways_scrolling(page):
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.eval_on_selector_all("details", "all => all.forEach(each => each.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_dark_is_dark(page):
    def shades():
        return page.evaluate(
            "() => ['color', 'backgroundColor'].map("
            "name => getComputedStyle(document.body)[name]"
            ".match(/\\d+/g).slice(0, 3).reduce((a, b) => a + Number(b), 0))"
        )

    page.emulate_media(color_scheme="light")
    ink, paper = shades()
    assert ink < paper
    page.emulate_media(color_scheme="dark")
    ink, paper = shades()
    assert ink > paper


def test_the_answers_come_first(page):
    assert page.locator("h3").first.inner_text() == "The source's claims"
    verdicts = page.locator("section").first.locator("tbody tr td:nth-child(2)")
    assert verdicts.count() >= 30
    assert verdicts.first.is_visible()
