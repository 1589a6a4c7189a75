"""The formula language: parse, evaluate with arrays, differentiate symbolically."""
