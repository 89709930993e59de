CREATE TABLE `asset` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`source` text NOT NULL,
	`state` text NOT NULL,
	`job_id` text,
	`tree` text NOT NULL,
	`path` text NOT NULL,
	`day` text NOT NULL,
	`size` integer NOT NULL,
	`sha256` text NOT NULL,
	`kind` text NOT NULL,
	`captured_at` integer NOT NULL,
	`modified_at` integer NOT NULL,
	`unreadable` text,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `asset_place` ON `asset` (`source`,`tree`,`path`) WHERE state = 'held';--> statement-breakpoint
CREATE INDEX `asset_day` ON `asset` (`source`,`day`) WHERE state = 'held';--> statement-breakpoint
CREATE UNIQUE INDEX `asset_job` ON `asset` (`job_id`) WHERE job_id is not null;--> statement-breakpoint
CREATE TABLE `bucket` (
	`source` text NOT NULL,
	`day` text NOT NULL,
	`count` integer NOT NULL,
	`bytes` integer NOT NULL,
	`digest` text NOT NULL,
	PRIMARY KEY(`source`, `day`)
);
--> statement-breakpoint
CREATE TABLE `capture` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`source` text NOT NULL,
	`slot_at` integer NOT NULL,
	`state` text NOT NULL,
	`code` text,
	`message` text,
	`finished_at` integer
);
--> statement-breakpoint
CREATE INDEX `capture_slot` ON `capture` (`source`,`slot_at`);--> statement-breakpoint
CREATE TABLE `delivery` (
	`asset_id` integer NOT NULL,
	`destination` text NOT NULL,
	`state` text NOT NULL,
	`lane` text NOT NULL,
	`captured_at` integer NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`not_before` integer DEFAULT 0 NOT NULL,
	`replace` integer DEFAULT false NOT NULL,
	`job_id` text,
	`receipt` text,
	`error_code` text,
	`error_message` text,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`asset_id`, `destination`),
	FOREIGN KEY (`asset_id`) REFERENCES `asset`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `delivery_due` ON `delivery` (`destination`,`lane`,`captured_at`) WHERE state in ('pending', 'failed');--> statement-breakpoint
CREATE INDEX `delivery_job` ON `delivery` (`job_id`,`state`) WHERE job_id is not null;--> statement-breakpoint
CREATE INDEX `delivery_state` ON `delivery` (`destination`,`state`);--> statement-breakpoint
CREATE TABLE `fact` (
	`key` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `job` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`state` text NOT NULL,
	`order` text NOT NULL,
	`total_count` integer DEFAULT 0 NOT NULL,
	`total_bytes` integer DEFAULT 0 NOT NULL,
	`absent` integer DEFAULT 0 NOT NULL,
	`message` text,
	`told_at` integer DEFAULT 0 NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `outbox` (
	`seq` integer PRIMARY KEY NOT NULL,
	`type` text NOT NULL,
	`payload` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `reply` (
	`id` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`payload` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `source` (
	`name` text PRIMARY KEY NOT NULL,
	`seq` integer DEFAULT 0 NOT NULL,
	`captures` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE `tally` (
	`source` text NOT NULL,
	`destination` text NOT NULL,
	`state` text NOT NULL,
	`count` integer NOT NULL,
	`bytes` integer NOT NULL,
	PRIMARY KEY(`source`, `destination`, `state`)
);
