"""The testable claims of the source, each with its verdict.

The source is a university deep-learning exercise on activation functions, in Persian. Its
section A is about Swish, Mish and ReLU, section B about loss functions, and section C about
LeakyReLU and PReLU on MNIST.
"""
