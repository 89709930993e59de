CREATE TABLE `operator_reply` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`at` integer NOT NULL,
	`payload` text NOT NULL,
	`told` integer NOT NULL,
	`awaits` text,
	`entries` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `operator_reply_awaits` ON `operator_reply` (`awaits`);