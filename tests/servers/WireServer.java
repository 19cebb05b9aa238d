import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.backend.AbstractCursor;
import de.bwaldvogel.mongo.backend.CollectionOptions;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.QueryResult;
import de.bwaldvogel.mongo.backend.ValueComparator;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import de.bwaldvogel.mongo.backend.memory.MemoryCollection;
import de.bwaldvogel.mongo.backend.memory.MemoryDatabase;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.exception.MongoServerError;
import de.bwaldvogel.mongo.exception.MongoSilentServerException;
import de.bwaldvogel.mongo.wire.bson.BsonEncoder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * An in-memory server for tests that speaks MongoDB's wire protocol: mongo-java-server, made to answer like a current
 * mongod where intact looks.
 *
 * It says hello as MongoDB 7.0, cuts batches at 101 documents (the first, by default) and at 16 MB, reads cursors from
 * the living collection, in natural order or by _id, so that changes in the middle of a scan are seen, and knows
 * MongoDB's own fail point "failCommand". It prints "listening PORT" and ends when its standard input is closed.
 *
 *   java -cp 'lib/*' WireServer.java [replica-set-name]
 */
public class WireServer {
    private static final int FIRST_BATCH = 101;
    private static final int BATCH_BYTES = 16_000_000;

    public static void main(String[] arguments) throws Exception {
        Backend backend = new Backend(arguments.length > 0 ? arguments[0] : null);
        MongoServer server = new MongoServer(backend);
        backend.port = server.bind().getPort();
        System.out.println("listening " + backend.port);
        System.out.flush();
        while (System.in.read() >= 0) {
            // Nothing is said to a server but that it may go, by closing its input.
        }
        server.shutdownNow();
        System.exit(0);
    }

    /** Commands: greeting, fail points, batch sizes. */
    private static final class Backend extends MemoryBackend {
        private final String replicaSet;
        private volatile FailPoint failPoint;
        private volatile int port;

        Backend(String replicaSet) {
            this.replicaSet = replicaSet;
        }

        @Override
        public MemoryDatabase openOrCreateDatabase(String name) {
            return new LiveDatabase(name, getCursorRegistry());
        }

        @Override
        public Document handleCommand(Channel channel, String database, String command, Document query) {
            FailPoint point = failPoint;
            if (point != null && point.concerns(database, command, query)) {
                point.fail(channel);
            }
            switch (command.toLowerCase()) {
                case "hello":
                case "ismaster":
                    return hello();
                case "buildinfo":
                    return ok(new Document("version", "7.0.0").append("versionArray", List.of(7, 0, 0, 0))
                        .append("maxBsonObjectSize", 16777216));
                case "connectionstatus":
                    return ok(new Document("authInfo", new Document("authenticatedUsers", List.of())
                        .append("authenticatedUserRoles", List.of())));
                case "getparameter":
                    return ok(new Document("minSnapshotHistoryWindowInSeconds", 300));
                case "endsessions":
                    return ok(new Document());
                case "configurefailpoint":
                    failPoint = FailPoint.read(query);
                    return ok(new Document());
                case "find":
                    // Without a batch size the server underneath would answer with all documents at once.
                    query.putIfAbsent("batchSize", FIRST_BATCH);
                    break;
                default:
                    break;
            }
            return super.handleCommand(channel, database, command, query);
        }

        private Document hello() {
            Document reply = new Document("helloOk", true).append("ismaster", true).append("isWritablePrimary", true)
                .append("maxBsonObjectSize", 16777216).append("maxMessageSizeBytes", 48000000)
                .append("maxWriteBatchSize", 100000).append("localTime", Instant.now())
                .append("logicalSessionTimeoutMinutes", 30).append("minWireVersion", 0).append("maxWireVersion", 21)
                .append("readOnly", false);
            if (replicaSet != null) {
                String me = "127.0.0.1:" + port;
                reply.append("setName", replicaSet).append("setVersion", 1).append("secondary", false)
                    .append("hosts", List.of(me)).append("primary", me).append("me", me);
            }
            return ok(reply);
        }

        private static Document ok(Document reply) {
            return reply.append("ok", 1.0);
        }
    }

    /** MongoDB's fail point "failCommand": errorCode, closeConnection, blockConnection; times, skip, alwaysOn, off. */
    private static final class FailPoint {
        private final Document data;
        private int skip;
        private int times;

        private FailPoint(Document data, int skip, int times) {
            this.data = data;
            this.skip = skip;
            this.times = times;
        }

        static FailPoint read(Document query) {
            Object mode = query.get("mode");
            if ("off".equals(mode)) {
                return null;
            }
            Document counts = mode instanceof Document ? (Document) mode : new Document();
            int skip = ((Number) counts.getOrDefault("skip", 0)).intValue();
            int times = ((Number) counts.getOrDefault("times", Integer.MAX_VALUE)).intValue();
            return new FailPoint((Document) query.get("data"), skip, times);
        }

        synchronized boolean concerns(String database, String command, Document query) {
            Object collection = "getMore".equals(command) ? query.get("collection") : query.get(command);
            Object namespace = data.get("namespace");
            boolean here = ((List<?>) data.get("failCommands")).contains(command)
                && (!data.containsKey("namespace") || namespace.equals(database + "." + collection));
            if (!here || skip-- > 0) {
                return false;
            }
            return times-- > 0;
        }

        void fail(Channel channel) {
            if (Boolean.TRUE.equals(data.get("blockConnection"))) {
                sleep(((Number) data.get("blockTimeMS")).longValue());
            }
            if (Boolean.TRUE.equals(data.get("closeConnection"))) {
                channel.close();
                throw new MongoSilentServerException("closed by a fail point");
            }
            if (data.containsKey("errorCode")) {
                int code = ((Number) data.get("errorCode")).intValue();
                throw new MongoServerError(code, "Code" + code, "failing command via a fail point");
            }
        }

        private static void sleep(long milliseconds) {
            try {
                Thread.sleep(milliseconds);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static final class LiveDatabase extends MemoryDatabase {
        LiveDatabase(String name, CursorRegistry cursors) {
            super(name, cursors);
        }

        @Override
        protected MemoryCollection openOrCreateCollection(String name, CollectionOptions options) {
            return new LiveCollection(this, name, options, cursorRegistry);
        }
    }

    /** A collection whose cursors, unsorted or sorted by _id, go over the documents as they are at each getMore. */
    private static final class LiveCollection extends MemoryCollection {
        private final ConcurrentSkipListMap<Place, Integer> byId = new ConcurrentSkipListMap<>();

        LiveCollection(MongoDatabase database, String name, CollectionOptions options, CursorRegistry cursors) {
            super(database, name, options, cursors);
        }

        @Override
        protected Integer addDocumentInternal(Document document) {
            Integer position = super.addDocumentInternal(document);
            byId.put(new Place(document.get("_id"), position), position);
            return position;
        }

        @Override
        protected void removeDocument(Integer position) {
            byId.remove(new Place(getDocument(position).get("_id"), position));
            super.removeDocument(position);
        }

        @Override
        protected QueryResult matchDocuments(
            Document query, Document order, int skip, int limit, int batchSize, Document projection) {
            boolean natural = order == null || order.isEmpty();
            boolean sorted = !natural && order.size() == 1 && order.get("_id") instanceof Number number
                && number.intValue() == 1;
            if (!(natural || sorted) || skip > 0 || limit != 0 || batchSize <= 0) {
                return super.matchDocuments(query, order, skip, limit, batchSize, projection);
            }
            Positions positions = natural ? new NaturalPositions(this) : new IdPositions(byId, query);
            LiveCursor cursor = new LiveCursor(cursorRegistry.generateCursorId(), this, positions, query, projection);
            List<Document> first = cursor.takeDocuments(batchSize);
            if (cursor.isEmpty()) {
                return new QueryResult(first);
            }
            cursorRegistry.add(cursor);
            return new QueryResult(first, cursor);
        }

        /** Whether the position lies behind the last document; gaps of deleted ones do not. */
        boolean isEnd(int position) {
            try {
                getDocument(position);
                return false;
            } catch (IndexOutOfBoundsException end) {
                return true;
            }
        }

        List<Document> answer(Document query, int position, Document projection) {
            if (getDocument(position) == null) {
                return List.of();
            }
            return matchDocuments(query, List.of(position), null, 0, 0, 0, projection).collectDocuments();
        }
    }

    /** An _id, and where its document lies: two that this server cannot tell apart by order stay two. */
    private record Place(Object id, int position) implements Comparable<Place> {
        private static final ValueComparator ORDER = ValueComparator.ascWithoutListHandling();

        @Override
        public int compareTo(Place other) {
            int order = ORDER.compare(id, other.id);
            return order != 0 ? order : Integer.compare(position, other.position);
        }
    }

    /** Where the next document lies; null at the end. */
    private interface Positions {
        Integer next();
    }

    private static final class NaturalPositions implements Positions {
        private final LiveCollection collection;
        private int next;

        NaturalPositions(LiveCollection collection) {
            this.collection = collection;
        }

        @Override
        public Integer next() {
            return collection.isEnd(next) ? null : next++;
        }
    }

    /** Goes over the _ids within the bounds that an $expr names, as an index would. */
    private static final class IdPositions implements Positions {
        private final ConcurrentSkipListMap<Place, Integer> byId;
        private Place last;
        private Place end;

        IdPositions(ConcurrentSkipListMap<Place, Integer> byId, Document query) {
            this.byId = byId;
            if (query.get("$expr") instanceof Document expression) {
                bound(expression);
            }
        }

        private void bound(Document expression) {
            for (String operator : expression.keySet()) {
                Object operand = expression.get(operator);
                if (!(operand instanceof List<?> list)) {
                    continue;
                }
                if (operator.equals("$and")) {
                    list.forEach(each -> bound((Document) each));
                } else if (list.size() == 2 && "$_id".equals(list.get(0)) && list.get(1) instanceof Document literal
                    && literal.containsKey("$literal")) {
                    Object value = literal.get("$literal");
                    if (operator.startsWith("$gt")) {
                        last = new Place(value, operator.equals("$gt") ? Integer.MAX_VALUE : Integer.MIN_VALUE);
                    } else if (operator.startsWith("$lt")) {
                        end = new Place(value, operator.equals("$lt") ? Integer.MIN_VALUE : Integer.MAX_VALUE);
                    }
                }
            }
        }

        @Override
        public Integer next() {
            Map.Entry<Place, Integer> found = last == null ? byId.firstEntry() : byId.higherEntry(last);
            if (found == null || end != null && found.getKey().compareTo(end) > 0) {
                return null;
            }
            last = found.getKey();
            return found.getValue();
        }
    }

    private static final class LiveCursor extends AbstractCursor {
        private final LiveCollection collection;
        private final Positions positions;
        private final Document query;
        private final Document projection;
        private boolean exhausted;

        LiveCursor(long id, LiveCollection collection, Positions positions, Document query, Document projection) {
            super(id);
            this.collection = collection;
            this.positions = positions;
            this.query = query;
            this.projection = projection;
        }

        @Override
        public boolean isEmpty() {
            return exhausted;
        }

        @Override
        public List<Document> takeDocuments(int wanted) {
            synchronized (collection) {
                List<Document> batch = new ArrayList<>();
                int bytes = 0;
                while ((wanted <= 0 || batch.size() < wanted) && bytes < BATCH_BYTES) {
                    Integer position = positions.next();
                    exhausted = position == null;
                    if (exhausted) {
                        break;
                    }
                    for (Document document : collection.answer(query, position, projection)) {
                        batch.add(document);
                        bytes += size(document);
                    }
                }
                return batch;
            }
        }

        private static int size(Document document) {
            ByteBuf buffer = Unpooled.buffer();
            try {
                BsonEncoder.encodeDocument(document, buffer);
                return buffer.readableBytes();
            } finally {
                buffer.release();
            }
        }
    }
}
