"""Is it right? Any framework's function held to the formula, in every format."""
