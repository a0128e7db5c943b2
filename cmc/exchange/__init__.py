"""The record in and out: people and facts from sheets and FHIR bundles, a whole person as a document, the register."""
