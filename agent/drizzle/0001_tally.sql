-- Figures by source, destination and state, kept with every change of a delivery.
CREATE TRIGGER delivery_added AFTER INSERT ON delivery BEGIN
  INSERT INTO tally (source, destination, state, count, bytes)
  SELECT source, NEW.destination, NEW.state, 1, size FROM asset WHERE id = NEW.asset_id
  ON CONFLICT DO UPDATE SET count = count + 1, bytes = bytes + excluded.bytes;
END;
--> statement-breakpoint
CREATE TRIGGER delivery_moved AFTER UPDATE OF state ON delivery WHEN OLD.state <> NEW.state BEGIN
  UPDATE tally SET count = count - 1, bytes = bytes - (SELECT size FROM asset WHERE id = NEW.asset_id)
  WHERE source = (SELECT source FROM asset WHERE id = NEW.asset_id)
    AND destination = OLD.destination AND state = OLD.state;
  INSERT INTO tally (source, destination, state, count, bytes)
  SELECT source, NEW.destination, NEW.state, 1, size FROM asset WHERE id = NEW.asset_id
  ON CONFLICT DO UPDATE SET count = count + 1, bytes = bytes + excluded.bytes;
END;
--> statement-breakpoint
CREATE TRIGGER delivery_gone AFTER DELETE ON delivery BEGIN
  UPDATE tally SET count = count - 1, bytes = bytes - (SELECT size FROM asset WHERE id = OLD.asset_id)
  WHERE source = (SELECT source FROM asset WHERE id = OLD.asset_id)
    AND destination = OLD.destination AND state = OLD.state;
END;
