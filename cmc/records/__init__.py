"""The health record beyond visits and readings; today the annual examination."""
