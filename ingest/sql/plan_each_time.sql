-- Statements are planned by the values they get: for those where the plan depends on them. No parameters.
SET plan_cache_mode TO force_custom_plan
