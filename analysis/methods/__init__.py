"""How the statistics of this project behave on data whose truth is known."""
