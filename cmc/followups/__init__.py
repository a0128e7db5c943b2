"""Follow-up: the visits of the programme, their judgement and what comes next."""
