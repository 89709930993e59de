CREATE TABLE `sent_amount` (
	`destination` text NOT NULL,
	`month` text NOT NULL,
	`bytes` integer NOT NULL,
	PRIMARY KEY(`destination`, `month`)
);
--> statement-breakpoint
DROP INDEX `delivery_due`;--> statement-breakpoint
DROP INDEX `delivery_state`;--> statement-breakpoint
ALTER TABLE `delivery` ADD `thinned` integer DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX `delivery_due` ON `delivery` (`destination`,`lane`,`captured_at`,`not_before`) WHERE state in ('pending', 'failed');--> statement-breakpoint
CREATE INDEX `delivery_state` ON `delivery` (`destination`,`state`,`updated_at`);