CREATE TABLE `delivery_rate` (
	`site` text NOT NULL,
	`device` text NOT NULL,
	`destination` text NOT NULL,
	`bytes_per_second` real NOT NULL,
	PRIMARY KEY(`site`, `device`, `destination`)
);
