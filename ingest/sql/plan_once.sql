-- Statements are planned once: for those that would be planned for longer than they run, of hundreds of partitions. No parameters.
SET plan_cache_mode TO force_generic_plan
