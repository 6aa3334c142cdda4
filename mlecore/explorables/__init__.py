"""Live plots: see the classes."""
