CREATE TABLE `activity` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`site` text,
	`device` text,
	`type` text NOT NULL,
	`message` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `bucket` (
	`source_id` integer NOT NULL,
	`day` text NOT NULL,
	`count` integer NOT NULL,
	`bytes` integer NOT NULL,
	`digest` text NOT NULL,
	`seq` integer DEFAULT 0 NOT NULL,
	PRIMARY KEY(`source_id`, `day`)
);
--> statement-breakpoint
CREATE TABLE `device` (
	`site` text NOT NULL,
	`device` text NOT NULL,
	`generation` text NOT NULL,
	`session` integer NOT NULL,
	`version` text NOT NULL,
	`status` text NOT NULL,
	`status_at` integer NOT NULL,
	`last_heard_at` integer NOT NULL,
	`presence` text NOT NULL,
	`presence_since` integer NOT NULL,
	`acked_seq` integer DEFAULT 0 NOT NULL,
	`state` text,
	`state_at` integer,
	`outage_since` integer,
	PRIMARY KEY(`site`, `device`)
);
--> statement-breakpoint
CREATE TABLE `entry` (
	`source_id` integer NOT NULL,
	`path` text NOT NULL,
	`bucket` text NOT NULL,
	`day` text NOT NULL,
	`size` integer NOT NULL,
	`sha256` text,
	`modified_at` integer,
	`unreadable` text,
	PRIMARY KEY(`source_id`, `path`)
);
--> statement-breakpoint
CREATE INDEX `entry_bucket` ON `entry` (`source_id`,`bucket`);--> statement-breakpoint
CREATE INDEX `entry_day` ON `entry` (`source_id`,`day`);--> statement-breakpoint
CREATE TABLE `job` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`want` text NOT NULL,
	`state` text NOT NULL,
	`report_id` text,
	`site` text NOT NULL,
	`device` text NOT NULL,
	`source` text NOT NULL,
	`destination` text NOT NULL,
	`selection` text NOT NULL,
	`total_count` integer NOT NULL,
	`total_bytes` integer NOT NULL,
	`done_count` integer DEFAULT 0 NOT NULL,
	`done_bytes` integer DEFAULT 0 NOT NULL,
	`failed` integer DEFAULT 0 NOT NULL,
	`message` text,
	`by` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`completed_at` integer
);
--> statement-breakpoint
CREATE INDEX `job_open` ON `job` (`site`,`device`) WHERE state in ('QUEUED', 'RUNNING', 'PAUSED');--> statement-breakpoint
CREATE INDEX `job_report` ON `job` (`report_id`);--> statement-breakpoint
CREATE TABLE `preview` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`source_id` integer NOT NULL,
	`path` text,
	`at` integer NOT NULL,
	`jpeg` blob NOT NULL
);
--> statement-breakpoint
CREATE INDEX `preview_path` ON `preview` (`source_id`,`path`);--> statement-breakpoint
CREATE TABLE `report` (
	`id` text PRIMARY KEY NOT NULL,
	`state` text NOT NULL,
	`created_at` integer NOT NULL,
	`started_at` integer,
	`completed_at` integer,
	`left` text NOT NULL,
	`right` text NOT NULL,
	`filter` text NOT NULL,
	`by` text NOT NULL,
	`trigger` text NOT NULL,
	`sync` integer DEFAULT false NOT NULL,
	`as_of` integer,
	`folders` integer DEFAULT 0 NOT NULL,
	`entries` integer DEFAULT 0 NOT NULL,
	`error` text,
	`figures` text,
	`matched_by_digest` integer DEFAULT 0 NOT NULL,
	`mendable_count` integer DEFAULT 0 NOT NULL,
	`mendable_bytes` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE INDEX `report_created` ON `report` (`created_at`);--> statement-breakpoint
CREATE TABLE `source` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`site` text NOT NULL,
	`device` text NOT NULL,
	`name` text NOT NULL,
	`generation` text NOT NULL,
	`seq` integer DEFAULT 0 NOT NULL,
	`reconciled` integer DEFAULT false NOT NULL,
	`reconciled_at` integer,
	`preview_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `source_name` ON `source` (`site`,`device`,`name`);--> statement-breakpoint
CREATE TABLE `unmatched` (
	`report_id` text NOT NULL,
	`n` integer NOT NULL,
	`class` text NOT NULL,
	`path` text NOT NULL,
	`source_size` integer,
	`destination_size` integer,
	`cause` text NOT NULL,
	PRIMARY KEY(`report_id`, `n`)
);
--> statement-breakpoint
CREATE INDEX `unmatched_class` ON `unmatched` (`report_id`,`class`,`n`);