CREATE TABLE `taken_file` (
	`source` text NOT NULL,
	`key` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`source`, `key`)
);
