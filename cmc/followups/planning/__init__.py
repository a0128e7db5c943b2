"""What people do with the plan by hand: tasks of the work-list, days, settings; every act can be undone for a while."""
