"""Port a trained model to runtimes, and measure the changes in its activations and outputs."""
