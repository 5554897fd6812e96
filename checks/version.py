"""The product's version, in the one place that the build and the reports read."""

__version__ = "0.1.0"
