"""The open service of a chronic-disease management centre for hypertension and type 2 diabetes."""

__version__ = "0.1.0"
