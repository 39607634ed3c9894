"""Twin implementations of the same models: one folder a framework, NumPy in and NumPy out."""
