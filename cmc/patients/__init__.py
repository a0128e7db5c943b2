"""People: identity, enrolment per disease, and the dirty marks that carry news upward."""
