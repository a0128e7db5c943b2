"""The health record beyond visits and readings: facts whose rows are only added."""
