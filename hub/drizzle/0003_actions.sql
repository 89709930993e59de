ALTER TABLE `report` ADD `proof` text DEFAULT 'size' NOT NULL;--> statement-breakpoint
ALTER TABLE `unmatched` ADD `action` text DEFAULT 'rerun' NOT NULL;