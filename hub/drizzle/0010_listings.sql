CREATE TABLE `bucket_shape` (
	`source_id` integer NOT NULL,
	`day` text NOT NULL,
	`digest` text NOT NULL,
	`shape` text NOT NULL,
	PRIMARY KEY(`source_id`, `day`)
);
--> statement-breakpoint
CREATE TABLE `kept_days` (
	`report_id` text PRIMARY KEY NOT NULL,
	`days` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `listed_folder` (
	`place` text NOT NULL,
	`path` text NOT NULL,
	`bucket` text NOT NULL,
	`mark` text NOT NULL,
	`modified_at` integer NOT NULL,
	`seen_at` integer NOT NULL,
	`listed_at` integer NOT NULL,
	`is_leaf` integer NOT NULL,
	`shape` text NOT NULL,
	`entries` blob NOT NULL,
	PRIMARY KEY(`place`, `path`)
);
--> statement-breakpoint
CREATE INDEX `listed_folder_bucket` ON `listed_folder` (`place`,`bucket`);--> statement-breakpoint
ALTER TABLE `report` ADD `full` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `report` ADD `listing` text;