"""Who did or saw what: rows that are only added, in the transaction of the act, sealed so that a change is noticed."""
