CREATE TABLE `slot_day` (
	`source_id` integer NOT NULL,
	`day` text NOT NULL,
	`figures` text NOT NULL,
	PRIMARY KEY(`source_id`, `day`)
);
