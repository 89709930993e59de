-- What was known before this column: no report made so far speaks of it, since nobody can say which came first.
UPDATE `entry` SET `known_at` = (SELECT coalesce(max(`created_at`), 0) + 1 FROM `report`);
