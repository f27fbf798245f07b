-- What a fleet keeps in its store beside the markets. Safe to run again.
create schema if not exists fleet;

-- Which shop gets which products, by a code of theirs. A row stays when it is taken out, so that a shop can be told.
create table if not exists fleet.assortments (
    shop text not null,
    code text not null,
    added_at timestamptz not null default clock_timestamp(),
    removed_at timestamptz,
    primary key (shop, code)
);

-- What a shop was told to get. When that changes, everything it gets is new to it.
create table if not exists fleet.shops (
    shop text primary key,
    definition text not null,
    defined_at timestamptz not null default clock_timestamp()
);

-- Since when a market is being read; null: it is not.
create table if not exists fleet.markets (
    market text primary key,
    reading_since timestamptz
);

-- Rows of an extraction have the moment at which their batch began, and are seen later. Until all are there, no shop sees
-- anything newer than its beginning: else its cursor would pass rows that it has not got. An extraction that was killed
-- holds back what it wrote until the next one has ended.
create or replace function fleet.begin_reading(name text) returns void language sql as $$
    insert into fleet.markets as m (market, reading_since) values (name, clock_timestamp() - interval '10 seconds')
    on conflict (market) do update set reading_since = coalesce(m.reading_since, excluded.reading_since)
$$;

create or replace function fleet.end_reading(name text) returns void language sql as $$
    update fleet.markets set reading_since = null where market = name
$$;

-- A view of a shop on a stream, with the columns that the stream has today; nothing while there is no such table.
create or replace function fleet.make_view(
    feed text, stream text, source text, changed text, joined text, leaving boolean
) returns boolean language plpgsql as $$
declare
    columns text;
    batched text;
    body text;
begin
    if to_regclass(source) is null then
        return false;
    end if;
    select
        string_agg(case when leaving and attname = 'status'
            then 'case when a.removed_at is null then p.status else ''inactive'' end as status'
            else 'p.' || quote_ident(attname) end, ', ' order by attnum) filter (where attname not like '\_sdc\_%'),
        max(case when atttypid = 'timestamptz'::regtype then 'p._sdc_batched_at'
            else '(p._sdc_batched_at at time zone ''UTC'')' end) filter (where attname = '_sdc_batched_at')
    into columns, batched
    from pg_attribute where attrelid = to_regclass(source) and attnum > 0 and not attisdropped;
    body := format('select %s as changed_at, %s from %s',
        replace(changed, '{batched}', batched), columns, replace(joined, '{batched}', batched));
    begin
        execute format('create or replace view %I.%I as %s', feed, stream, body);
    exception when invalid_table_definition then -- a column was renamed, or has another type
        execute format('drop view %I.%I', feed, stream);
        execute format('create view %I.%I as %s', feed, stream, body);
    end;
    return true;
end
$$;
