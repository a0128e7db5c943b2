"""The follow-up programme: visits, their judgement, the next step, the work-list."""
