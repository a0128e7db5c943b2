"""Making models: reads the survey, fits, validates, writes releases. Imports scikit-learn; never imported by the service."""
