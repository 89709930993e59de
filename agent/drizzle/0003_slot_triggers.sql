-- Where the picture of a capture is: of all its files, filed by now or not, and of what they are owed to.
CREATE VIEW capture_standing AS
SELECT id AS capture_id, CASE
  WHEN EXISTS (
    SELECT 1 FROM capture_file f LEFT JOIN capture_asset l ON l.capture_file_id = f.id LEFT JOIN asset a ON a.id = l.asset_id
    WHERE f.capture_id = capture.id AND (f.rejected IS NOT NULL OR a.unreadable IS NOT NULL)
  ) THEN 'unreadable'
  WHEN EXISTS (SELECT 1 FROM capture_file f WHERE f.capture_id = capture.id AND f.done = 0) THEN 'captured'
  WHEN EXISTS (
    SELECT 1 FROM capture_file f JOIN capture_asset l ON l.capture_file_id = f.id JOIN delivery d ON d.asset_id = l.asset_id
    WHERE f.capture_id = capture.id AND d.state NOT IN ('verified', 'withdrawn')
  ) THEN 'captured'
  WHEN EXISTS (
    SELECT 1 FROM capture_file f JOIN capture_asset l ON l.capture_file_id = f.id JOIN delivery d ON d.asset_id = l.asset_id
    WHERE f.capture_id = capture.id AND d.state = 'verified'
  ) THEN 'delivered'
  ELSE 'captured'
END AS standing
FROM capture;
--> statement-breakpoint
-- An asset that a captured file has become belongs to its slot.
CREATE TRIGGER asset_of_capture AFTER UPDATE OF state ON asset
WHEN NEW.state = 'held' AND OLD.state <> 'held' AND NEW.job_id IS NOT NULL BEGIN
  INSERT OR IGNORE INTO capture_asset (asset_id, capture_file_id)
  SELECT NEW.id, id FROM capture_file WHERE job_id = NEW.job_id AND source = NEW.source;
  UPDATE capture_file SET done = 1 WHERE job_id = NEW.job_id AND source = NEW.source;
  UPDATE slot SET state = (SELECT standing FROM capture_standing WHERE capture_id = slot.capture_id)
  WHERE state IN ('captured', 'delivered')
    AND capture_id IN (SELECT capture_id FROM capture_file WHERE job_id = NEW.job_id AND source = NEW.source);
END;
--> statement-breakpoint
CREATE TRIGGER delivery_of_slot_added AFTER INSERT ON delivery BEGIN
  UPDATE slot SET state = (SELECT standing FROM capture_standing WHERE capture_id = slot.capture_id)
  WHERE state IN ('captured', 'delivered') AND capture_id IN (
    SELECT f.capture_id FROM capture_asset l JOIN capture_file f ON f.id = l.capture_file_id WHERE l.asset_id = NEW.asset_id);
END;
--> statement-breakpoint
CREATE TRIGGER delivery_of_slot_moved AFTER UPDATE OF state ON delivery
WHEN OLD.state <> NEW.state AND (OLD.state IN ('verified', 'withdrawn') OR NEW.state IN ('verified', 'withdrawn')) BEGIN
  UPDATE slot SET state = (SELECT standing FROM capture_standing WHERE capture_id = slot.capture_id)
  WHERE state IN ('captured', 'delivered') AND capture_id IN (
    SELECT f.capture_id FROM capture_asset l JOIN capture_file f ON f.id = l.capture_file_id WHERE l.asset_id = NEW.asset_id);
END;
--> statement-breakpoint
-- Figures of each day. The count of a row that is forgotten stays.
CREATE TRIGGER slot_added AFTER INSERT ON slot BEGIN
  INSERT INTO slot_tally (source, day, state, count) VALUES (NEW.source, NEW.day, NEW.state, 1)
  ON CONFLICT DO UPDATE SET count = count + 1;
END;
--> statement-breakpoint
CREATE TRIGGER slot_changed AFTER UPDATE OF state, day ON slot
WHEN NEW.state <> 'forgotten' AND (OLD.state <> NEW.state OR OLD.day <> NEW.day) BEGIN
  UPDATE slot_tally SET count = count - 1 WHERE source = OLD.source AND day = OLD.day AND state = OLD.state;
  INSERT INTO slot_tally (source, day, state, count) VALUES (NEW.source, NEW.day, NEW.state, 1)
  ON CONFLICT DO UPDATE SET count = count + 1;
END;
--> statement-breakpoint
CREATE TRIGGER slot_gone AFTER DELETE ON slot WHEN OLD.state <> 'forgotten' BEGIN
  UPDATE slot_tally SET count = count - 1 WHERE source = OLD.source AND day = OLD.day AND state = OLD.state;
END;
