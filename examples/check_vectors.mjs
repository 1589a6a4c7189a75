// Compare a float32 function with vectors of actbench, in units in the last place (ULP).
//
//   actbench vectors silu --dtype float32 --out silu.json
//   node examples/check_vectors.mjs silu.json silu typical      # or a number of ULP
import { readFileSync } from "node:fs";

const functions = {
  gelu_tanh: (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  silu: (x) => x / (1 + Math.exp(-x)),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
};

const [path, name, allowed] = process.argv.slice(2);
if (!(name in functions) || allowed === undefined) {
  console.error(`expected FILE.json ${Object.keys(functions).join("|")} exact|tight|typical|ULP`);
  process.exit(2);
}
const vectors = JSON.parse(readFileSync(path, "utf-8"));
const { points, tolerances } = vectors.formats.find((each) => each.dtype === "float32");
// A class without a tolerance is null.
const tolerance = allowed in tolerances[0] ? (tolerances[0][allowed] ?? NaN) : Number(allowed);
// A result that overflows counts as 2^128, the power of two after the largest float32 number.
const clip = (y) => Math.min(Math.max(y, -(2 ** 128)), 2 ** 128);

let failing = 0, checked = 0, worst = { share: -1 };
for (const { x, results } of points) {
  const { expected, unit, rest, factor, minimum } = results[0];
  if (expected === null) continue;
  // Number reads decimal numbers without loss, Infinity and NaN, but no hexadecimal floats.
  const [input, truth, ulp] = [x, expected, unit].map((each) => Number(each.decimal));
  const got = Math.fround(functions[name](input));
  const limit = Math.max(factor * (Number.isNaN(tolerance) ? 0 : tolerance), minimum);
  const error = Number.isNaN(got) || Number.isNaN(truth)
    ? (Number.isNaN(got) && Number.isNaN(truth) ? 0 : Infinity)
    : Math.abs((clip(got) - clip(truth)) / ulp - rest);
  checked += 1;
  failing += error <= limit ? 0 : 1;
  const share = error / Math.max(limit, 1e-9);
  if (share > worst.share) worst = { share, error, x };
}
console.log(`${name}: ${failing} of ${checked} results exceed ${allowed}; ` +
  `worst ${worst.error.toPrecision(3)} ULP at x = ${worst.x.hex} (${worst.x.decimal})`);
process.exit(failing > 0 || checked === 0 ? 1 : 0);
