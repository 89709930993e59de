DROP INDEX `entry_day`;--> statement-breakpoint
DROP INDEX `entry_true_time`;--> statement-breakpoint
CREATE INDEX `entry_day` ON `entry` (`source_id`,`day`,`path`);--> statement-breakpoint
CREATE INDEX `entry_true_time` ON `entry` (`source_id`,`captured_at`) WHERE captured_at is not null;