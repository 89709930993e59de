CREATE TABLE `client_certificate` (
	`serial` text PRIMARY KEY NOT NULL,
	`identity_id` integer NOT NULL,
	`fingerprint` text NOT NULL,
	`key_digest` text NOT NULL,
	`signed_at` integer NOT NULL,
	`not_after` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `client_certificate_fingerprint_unique` ON `client_certificate` (`fingerprint`);--> statement-breakpoint
CREATE TABLE `enrolment_token` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`device` text NOT NULL,
	`secret_hash` text NOT NULL,
	`by` text NOT NULL,
	`made_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`used_at` integer,
	`used_key` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `enrolment_token_secretHash_unique` ON `enrolment_token` (`secret_hash`);--> statement-breakpoint
CREATE TABLE `identity` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`device` text NOT NULL,
	`state` text NOT NULL,
	`reason` text,
	`by` text NOT NULL,
	`ssh_public_key` text NOT NULL,
	`enrolled_at` integer NOT NULL,
	`changed_at` integer NOT NULL,
	`not_after` integer NOT NULL,
	`renewal_asked_at` integer,
	`renewal_approved_by` text,
	`settled_at` integer,
	`unsettled` text DEFAULT '{}' NOT NULL,
	`lives` text
);
--> statement-breakpoint
CREATE INDEX `identity_device` ON `identity` (`device`,`id`);--> statement-breakpoint
CREATE INDEX `identity_unsettled` ON `identity` (`device`) WHERE settled_at is null;