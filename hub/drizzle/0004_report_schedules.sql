CREATE TABLE `certified_day` (
	`source_id` integer NOT NULL,
	`day` text NOT NULL,
	`figures` text NOT NULL,
	`reports` text NOT NULL,
	`whole` integer NOT NULL,
	PRIMARY KEY(`source_id`, `day`)
);
--> statement-breakpoint
CREATE TABLE `removed_report` (
	`report_id` text PRIMARY KEY NOT NULL
);
--> statement-breakpoint
CREATE TABLE `report_schedule` (
	`schedule` text PRIMARY KEY NOT NULL,
	`decided_at` integer NOT NULL,
	`waiting` text NOT NULL
);
--> statement-breakpoint
ALTER TABLE `entry` ADD `known_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `entry_true_time` ON `entry` (`source_id`) WHERE captured_at is not null;--> statement-breakpoint
ALTER TABLE `report` ADD `previous` text;--> statement-breakpoint
CREATE INDEX `report_pair` ON `report` (`left`,`right`,`created_at`,`state`,`completed_at`);--> statement-breakpoint
ALTER TABLE `unmatched` ADD `is_new` integer DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX `unmatched_new` ON `unmatched` (`report_id`,`n`) WHERE is_new = 1;--> statement-breakpoint
CREATE INDEX `unmatched_path` ON `unmatched` (`report_id`,`path`);