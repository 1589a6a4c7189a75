"""How an activation is shown: its properties as records and text, figures, notebooks."""
