CREATE TABLE `card_copy` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`source` text NOT NULL,
	`serial` text NOT NULL,
	`card` text NOT NULL,
	`folder` text NOT NULL,
	`name` text NOT NULL,
	`bytes` integer NOT NULL,
	`modified_at` integer NOT NULL,
	`sha256` text NOT NULL,
	`not_before` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE INDEX `card_copy_source` ON `card_copy` (`source`,`id`);