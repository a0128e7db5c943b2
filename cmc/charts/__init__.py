"""Charts: frozen views of people as known at an instant, for rules, risk and pages; and the review of medicines."""
