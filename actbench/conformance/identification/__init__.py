"""Identification: the record and the parameters that a function computes.

- `sampled`: the function as a function of arrays; functions that cannot be identified.
- `features`: numbers of the function that may be parameters: jumps, kinks, slopes, limits.
- `fitting`: the parameters of a record that fit a function best, as short decimals.
- `agreement`: the differences between a function and a record, for numbers of all sizes.
- `identify`: the records that a function computes, or the nearest ones.
- `command`: the command `actbench identify`.
"""
