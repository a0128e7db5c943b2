"""The medical facts of a record over HTTP: diagnoses, medicines, allergies, laboratory results, examinations."""
