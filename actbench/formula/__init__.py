"""The formula language: parse a text, evaluate it on arrays, differentiate it symbolically."""
