CREATE TABLE `drill` (
	`id` text PRIMARY KEY NOT NULL,
	`by` text NOT NULL,
	`for_ms` integer NOT NULL,
	`started_at` integer NOT NULL,
	`spent_ms` integer NOT NULL,
	`first_asset` integer NOT NULL,
	`ended_at` integer
);
