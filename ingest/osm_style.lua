-- What `crumbtrail import-osm` keeps of OpenStreetMap, for osm2pgsql's flex output. Fills the schema osm_import;
-- migrations/0003_roads.sql explains the columns. Base map words (kind, kind_detail) are those of the Protomaps vocabulary.
local SCHEMA = 'osm_import'
local MERCATOR = 3857

local function define(name, columns, ids)
  return osm2pgsql.define_table({ name = name, schema = SCHEMA, ids = ids, columns = columns, indexes = {}, cluster = 'no' })
end

local road = define('road', {
  { column = 'name', type = 'text' },
  { column = 'ref', type = 'text' },
  { column = 'kind', type = 'text', not_null = true },
  { column = 'oneway', type = 'int2', not_null = true },
  { column = 'maxspeed', type = 'text' },
  { column = 'maxspeed_forward', type = 'text' },
  { column = 'maxspeed_backward', type = 'text' },
  { column = 'maxspeed_conditional', type = 'text' },
  { column = 'layer', type = 'int2', not_null = true },
  { column = 'is_bridge', type = 'bool', not_null = true },
  { column = 'is_tunnel', type = 'bool', not_null = true },
  { column = 'geom', type = 'linestring', projection = 4326, not_null = true },
}, { type = 'way', id_column = 'way_id' })

local map_line = define('map_line', {
  { column = 'layer', type = 'text', not_null = true },
  { column = 'kind', type = 'text', not_null = true },
  { column = 'kind_detail', type = 'text' },
  { column = 'name', type = 'text' },
  { column = 'ref', type = 'text' },
  { column = 'min_zoom', type = 'int2', not_null = true },
  { column = 'geom', type = 'linestring', projection = MERCATOR, not_null = true },
})

-- The type of an automatic area must be 'area': with 'real' it stays empty.
local map_area = define('map_area', {
  { column = 'layer', type = 'text', not_null = true },
  { column = 'kind', type = 'text', not_null = true },
  { column = 'name', type = 'text' },
  { column = 'mercator_area_m2', type = 'area' },
  { column = 'geom', type = 'geometry', projection = MERCATOR, not_null = true },
}, { type = 'area', id_column = 'area_id' })

local map_place = define('map_place', {
  { column = 'kind', type = 'text', not_null = true },
  { column = 'kind_detail', type = 'text', not_null = true },
  { column = 'name', type = 'text', not_null = true },
  { column = 'min_zoom', type = 'int2', not_null = true },
  { column = 'population', type = 'int4' },
  { column = 'geom', type = 'point', projection = MERCATOR, not_null = true },
})

-- Highway class -> kind on the map, first zoom.
local HIGHWAYS = {
  motorway = { 'highway', 5 }, motorway_link = { 'highway', 9 },
  trunk = { 'major_road', 6 }, trunk_link = { 'major_road', 10 },
  primary = { 'major_road', 8 }, primary_link = { 'major_road', 11 },
  secondary = { 'major_road', 9 }, secondary_link = { 'major_road', 12 },
  tertiary = { 'major_road', 10 }, tertiary_link = { 'major_road', 12 },
  residential = { 'minor_road', 12 }, unclassified = { 'minor_road', 12 }, road = { 'minor_road', 12 },
  living_street = { 'minor_road', 13 }, service = { 'minor_road', 14 },
  track = { 'path', 13 }, pedestrian = { 'path', 13 }, path = { 'path', 14 }, footway = { 'path', 14 },
  cycleway = { 'path', 14 }, bridleway = { 'path', 14 }, steps = { 'path', 15 },
}

local NOT_DRIVEN = { pedestrian = true, path = true, footway = true, cycleway = true, bridleway = true, steps = true }

local AREA_TAGS = { 'landuse', 'leisure', 'natural', 'amenity', 'aeroway' }
local AREAS = {
  forest = 'forest', wood = 'wood', grass = 'grass', meadow = 'grassland', industrial = 'industrial',
  commercial = 'industrial', park = 'park', cemetery = 'cemetery', school = 'school', hospital = 'hospital',
  scrub = 'scrub', glacier = 'glacier', sand = 'sand', beach = 'beach', nature_reserve = 'nature_reserve',
  farmland = 'farmland', golf_course = 'golf_course', residential = 'residential', university = 'university',
  aerodrome = 'aerodrome', military = 'military',
}

local WATERWAYS = { river = { 'river', 9 }, canal = { 'river', 9 }, stream = { 'stream', 12 } }
local PLACES = {
  city = { 'city', 5 }, town = { 'town', 8 }, village = { 'village', 11 }, suburb = { 'suburb', 12 }, hamlet = { 'hamlet', 13 },
}

local function oneway_of(tags)
  local value = tags.oneway
  if value == '-1' or value == 'reverse' then return -1 end
  if value == 'yes' or value == 'true' or value == '1' then return 1 end
  if value == nil and (tags.highway == 'motorway' or tags.junction == 'roundabout' or tags.junction == 'circular') then return 1 end
  return 0
end

local function layer_of(tags)
  local layer = math.tointeger(tonumber(tags.layer or ''))
  if layer and layer >= -20 and layer <= 20 then return layer end
  return 0
end

local function population_of(tags)
  local population = math.tointeger(tonumber(tags.population or ''))
  if population and population >= 0 and population < 100000000 then return population end
  return nil
end

local function is_set(value)
  return value ~= nil and value ~= 'no'
end

local function conditional_of(tags)
  return tags['maxspeed:conditional'] or tags['maxspeed:forward:conditional'] or tags['maxspeed:backward:conditional']
end

local function add_road(object)
  local tags = object.tags
  road:insert({
    name = tags.name, ref = tags.ref, kind = tags.highway, oneway = oneway_of(tags),
    maxspeed = tags.maxspeed, maxspeed_forward = tags['maxspeed:forward'],
    maxspeed_backward = tags['maxspeed:backward'], maxspeed_conditional = conditional_of(tags),
    layer = layer_of(tags), is_bridge = is_set(tags.bridge), is_tunnel = is_set(tags.tunnel),
    geom = object:as_linestring(),
  })
end

local function add_line(object, layer, kind, kind_detail, min_zoom, geom)
  map_line:insert({
    layer = layer, kind = kind, kind_detail = kind_detail, name = object.tags.name, ref = object.tags.ref,
    min_zoom = min_zoom, geom = geom,
  })
end

local function area_kind(tags)
  if tags.natural == 'water' or tags.waterway == 'riverbank' or tags.landuse == 'reservoir' or tags.landuse == 'basin' then
    return 'water', 'water'
  end
  if is_set(tags.building) then return 'buildings', 'building' end
  for _, key in ipairs(AREA_TAGS) do
    local kind = AREAS[tags[key] or '']
    if kind then return 'landuse', kind end
  end
  return nil
end

local function add_area(object)
  local layer, kind = area_kind(object.tags)
  if layer then
    map_area:add_row({ layer = layer, kind = kind, name = object.tags.name, geom = { create = 'area' } })
  end
end

function osm2pgsql.process_way(object)
  local tags = object.tags
  local highway = tags.highway and HIGHWAYS[tags.highway]
  if highway and tags.area ~= 'yes' then
    if not NOT_DRIVEN[tags.highway] then add_road(object) end
    add_line(object, 'roads', highway[1], tags.highway, highway[2], object:as_linestring())
  elseif tags.railway == 'rail' then
    add_line(object, 'roads', 'rail', 'rail', 9, object:as_linestring())
  elseif object.is_closed then
    add_area(object)
  end
  local waterway = WATERWAYS[tags.waterway or '']
  if waterway then add_line(object, 'water', waterway[1], nil, waterway[2], object:as_linestring()) end
end

function osm2pgsql.process_relation(object)
  local tags = object.tags
  if tags.type == 'multipolygon' then add_area(object) end
  local level = math.tointeger(tonumber(tags.admin_level or ''))
  if tags.type == 'boundary' and tags.boundary == 'administrative' and level then
    for line in object:as_multilinestring():line_merge():geometries() do
      local kind = level <= 2 and 'country' or (level <= 4 and 'region' or 'county')
      add_line(object, 'boundaries', kind, tostring(level), level <= 4 and 0 or 11, line)
    end
  end
end

function osm2pgsql.process_node(object)
  local tags = object.tags
  local place = PLACES[tags.place or '']
  if place and tags.name then
    map_place:insert({
      kind = 'locality', kind_detail = place[1], name = tags.name, min_zoom = place[2],
      population = population_of(tags), geom = object:as_point(),
    })
  end
end
