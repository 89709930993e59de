CREATE TABLE `drill` (
	`id` text PRIMARY KEY NOT NULL,
	`site` text NOT NULL,
	`device` text NOT NULL,
	`by` text NOT NULL,
	`at_device` integer NOT NULL,
	`for_ms` integer NOT NULL,
	`state` text NOT NULL,
	`ordered_at` integer NOT NULL,
	`begun_at` integer,
	`vanished_at` integer,
	`returned_at` integer,
	`drained_at` integer,
	`green_at` integer,
	`ended_at` integer,
	`told` text,
	`lowest` integer,
	`missing` integer,
	`reports` text DEFAULT '[]' NOT NULL,
	`reasons` text DEFAULT '[]' NOT NULL
);
--> statement-breakpoint
CREATE INDEX `drill_open` ON `drill` (`site`,`device`) WHERE ended_at is null;--> statement-breakpoint
CREATE INDEX `drill_ordered` ON `drill` (`ordered_at`);