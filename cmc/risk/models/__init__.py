"""Our own risk models as they are served: JSON coefficients and NumPy, nothing that learns."""
