"""FHIR R4 bundles as people with diagnoses, medicines, allergies, results, hospital stays and blood pressures."""
