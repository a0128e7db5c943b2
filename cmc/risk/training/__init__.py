"""Making models: read the survey, fit, validate, release. Imports scikit-learn; the service never imports it."""
