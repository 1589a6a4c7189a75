/* Compare a float function with vectors of actbench, in units in the last place (ULP).
 *
 *   actbench vectors gelu --dtype float32 --format csv --out gelu.csv
 *   cc -O2 examples/check_vectors.c -lm -o check_vectors
 *   ./check_vectors gelu.csv gelu typical      # or a number of ULP in place of typical
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static float gelu(float x) { return 0.5f * x * erfcf(-0.70710678f * x); }
static float silu(float x) { return x / (1.0f + expf(-x)); }
static float softplus(float x) { return fmaxf(x, 0.0f) + log1pf(expf(-fabsf(x))); }

/* A result that overflows counts as 2^128, the power of two after the largest float. */
static double clip(double y) { return fmin(fmax(y, -0x1p128), 0x1p128); }

int main(int count, char **words) {
  float (*const functions[])(float) = {gelu, silu, softplus}, (*f)(float) = NULL;
  const char *const names[] = {"gelu", "silu", "softplus"}, *const classes[] = {"exact", "tight", "typical"};
  FILE *file = count == 4 ? fopen(words[1], "r") : NULL;
  for (int i = 0; file && i < 3; i++) f = strcmp(words[2], names[i]) ? f : functions[i];
  if (!f) return fprintf(stderr, "expected FILE.csv gelu|silu|softplus exact|tight|typical|ULP\n"), 2;
  char line[1024], dtype[16];
  double x, expected, unit, rest, factor, minimum, known[3], worst = -1, worst_x = 0, worst_error = 0;
  int order, checked = 0, failing = 0;
  while (fgets(line, sizeof line, file)) {
    /* %lf reads hexadecimal floats, Infinity and NaN. The line of titles does not match. */
    if (sscanf(line, "%15[^,],%d,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf", dtype, &order, &x, &expected, &unit,
               &rest, &factor, &minimum, known, known + 1, known + 2) != 11) continue;
    if (strcmp(dtype, "float32") || order != 0) continue;
    double tolerance = atof(words[3]), got = f((float)x);
    for (int i = 0; i < 3; i++) tolerance = strcmp(words[3], classes[i]) ? tolerance : known[i];
    double limit = fmax(factor * tolerance, minimum); /* a class without a tolerance is NaN */
    double error = isnan(got) || isnan(expected) ? (isnan(got) && isnan(expected) ? 0 : INFINITY)
                                                 : fabs((clip(got) - clip(expected)) / unit - rest);
    checked++, failing += !(error <= limit);
    if (error / fmax(limit, 1e-9) > worst) worst = error / fmax(limit, 1e-9), worst_x = x, worst_error = error;
  }
  printf("%s: %d of %d results exceed %s; worst %.3g ULP at x = %a (%.9g)\n", words[2], failing, checked,
         words[3], worst_error, worst_x, worst_x);
  return failing > 0 || checked == 0;
}
