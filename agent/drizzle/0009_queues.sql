CREATE TABLE `job_tally` (
	`job_id` text NOT NULL,
	`state` text NOT NULL,
	`count` integer NOT NULL,
	`bytes` integer NOT NULL,
	PRIMARY KEY(`job_id`, `state`)
);
--> statement-breakpoint
DROP INDEX `delivery_due`;--> statement-breakpoint
ALTER TABLE `delivery` ADD `sort` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `delivery` ADD `queue` text GENERATED ALWAYS AS (lane || '/' || (not_before > 0) || '/' || min(attempts, 9) || '/' || thinned || '/' || sort) VIRTUAL;--> statement-breakpoint
UPDATE `delivery` SET `sort` = coalesce((SELECT `source` || '/' || `kind` FROM `asset` WHERE `id` = `asset_id`), '');--> statement-breakpoint
CREATE INDEX `delivery_queue` ON `delivery` (`destination`,`queue`,`captured_at`) WHERE state in ('pending', 'failed');--> statement-breakpoint
CREATE INDEX `delivery_put_off` ON `delivery` (`destination`,`not_before`) WHERE state in ('pending', 'failed') and not_before > 0;--> statement-breakpoint
ALTER TABLE `job` ADD `selecting` text;--> statement-breakpoint
ALTER TABLE `job` ADD `holding` text;--> statement-breakpoint
-- Figures of each job by state, kept with every change of a delivery.
INSERT INTO `job_tally` (`job_id`, `state`, `count`, `bytes`)
SELECT d.`job_id`, d.`state`, count(*), coalesce(sum(a.`size`), 0) FROM `delivery` d JOIN `asset` a ON a.`id` = d.`asset_id`
WHERE d.`job_id` IS NOT NULL GROUP BY d.`job_id`, d.`state`;
--> statement-breakpoint
CREATE TRIGGER delivery_job_added AFTER INSERT ON delivery WHEN NEW.job_id IS NOT NULL BEGIN
  INSERT INTO job_tally (job_id, state, count, bytes)
  SELECT NEW.job_id, NEW.state, 1, size FROM asset WHERE id = NEW.asset_id
  ON CONFLICT DO UPDATE SET count = count + 1, bytes = bytes + excluded.bytes;
END;
--> statement-breakpoint
CREATE TRIGGER delivery_job_moved AFTER UPDATE OF state, job_id ON delivery
WHEN (OLD.job_id IS NOT NULL OR NEW.job_id IS NOT NULL) AND (OLD.state <> NEW.state OR OLD.job_id IS NOT NEW.job_id) BEGIN
  UPDATE job_tally SET count = count - 1, bytes = bytes - (SELECT size FROM asset WHERE id = NEW.asset_id)
  WHERE job_id = OLD.job_id AND state = OLD.state;
  INSERT INTO job_tally (job_id, state, count, bytes)
  SELECT NEW.job_id, NEW.state, 1, size FROM asset WHERE id = NEW.asset_id AND NEW.job_id IS NOT NULL
  ON CONFLICT DO UPDATE SET count = count + 1, bytes = bytes + excluded.bytes;
END;
--> statement-breakpoint
CREATE TRIGGER delivery_job_gone AFTER DELETE ON delivery WHEN OLD.job_id IS NOT NULL BEGIN
  UPDATE job_tally SET count = count - 1, bytes = bytes - (SELECT size FROM asset WHERE id = OLD.asset_id)
  WHERE job_id = OLD.job_id AND state = OLD.state;
END;
