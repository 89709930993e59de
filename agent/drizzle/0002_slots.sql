CREATE TABLE `capture_asset` (
	`asset_id` integer PRIMARY KEY NOT NULL,
	`capture_file_id` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `capture_asset_file` ON `capture_asset` (`capture_file_id`);--> statement-breakpoint
CREATE TABLE `capture_file` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`capture_id` integer NOT NULL,
	`source` text NOT NULL,
	`name` text NOT NULL,
	`job_id` text,
	`rejected` text,
	`done` integer DEFAULT false NOT NULL,
	`alias` text
);
--> statement-breakpoint
CREATE INDEX `capture_file_capture` ON `capture_file` (`capture_id`);--> statement-breakpoint
CREATE INDEX `capture_file_job` ON `capture_file` (`job_id`);--> statement-breakpoint
CREATE INDEX `capture_file_open` ON `capture_file` (`source`,`name`) WHERE done = 0;--> statement-breakpoint
CREATE TABLE `disk_sample` (
	`volume` text NOT NULL,
	`at` integer NOT NULL,
	`free_bytes` integer NOT NULL,
	`free_inodes` integer,
	PRIMARY KEY(`volume`, `at`)
);
--> statement-breakpoint
CREATE TABLE `made` (
	`source` text NOT NULL,
	`sha256` text NOT NULL,
	`original_sha256` text NOT NULL,
	`original_size` integer NOT NULL,
	PRIMARY KEY(`source`, `sha256`, `original_sha256`)
);
--> statement-breakpoint
CREATE INDEX `made_original` ON `made` (`source`,`original_size`);--> statement-breakpoint
CREATE TABLE `purge` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`asset_id` integer,
	`source` text NOT NULL,
	`names` text NOT NULL,
	`size` integer NOT NULL,
	`modified_at` integer NOT NULL,
	`reason` text NOT NULL,
	`proved_at` text NOT NULL,
	`at` integer NOT NULL,
	`done_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `purge_asset` ON `purge` (`asset_id`) WHERE asset_id is not null;--> statement-breakpoint
CREATE INDEX `purge_open` ON `purge` (`id`) WHERE done_at is null;--> statement-breakpoint
CREATE TABLE `purged_amount` (
	`source` text PRIMARY KEY NOT NULL,
	`count` integer NOT NULL,
	`bytes` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `slot` (
	`source` text NOT NULL,
	`at` integer NOT NULL,
	`day` text NOT NULL,
	`state` text NOT NULL,
	`code` text,
	`message` text,
	`capture_id` integer,
	PRIMARY KEY(`source`, `at`)
);
--> statement-breakpoint
CREATE INDEX `slot_day` ON `slot` (`source`,`day`);--> statement-breakpoint
CREATE INDEX `slot_capture` ON `slot` (`capture_id`);--> statement-breakpoint
CREATE TABLE `slot_tally` (
	`source` text NOT NULL,
	`day` text NOT NULL,
	`state` text NOT NULL,
	`count` integer NOT NULL,
	PRIMARY KEY(`source`, `day`, `state`)
);
--> statement-breakpoint
ALTER TABLE `asset` ADD `true_at` integer;--> statement-breakpoint
CREATE INDEX `asset_purged` ON `asset` (`source`,`day`) WHERE state = 'purged';--> statement-breakpoint
CREATE INDEX `asset_age` ON `asset` (`captured_at`,`id`) WHERE state = 'held';--> statement-breakpoint
CREATE INDEX `asset_bytes` ON `asset` (`source`,`size`);--> statement-breakpoint
ALTER TABLE `capture` ADD `taken_at` integer;--> statement-breakpoint
ALTER TABLE `capture` ADD `boot_id` text;--> statement-breakpoint
ALTER TABLE `capture` ADD `boot_ms` integer;--> statement-breakpoint
ALTER TABLE `capture` ADD `trust` text;--> statement-breakpoint
ALTER TABLE `capture` ADD `true_at` integer;--> statement-breakpoint
CREATE INDEX `capture_true` ON `capture` (`source`) WHERE true_at is not null;